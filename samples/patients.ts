/**
 * People who do not exist, with names as they are written in Viet Nam: family name, then middle and given names.
 */
import { type Attributes } from './write.ts';
import { randomOf } from './seed.ts';

const people: readonly (readonly [name: string, sex: 'F' | 'M'])[] = [
  ['NGUYỄN^VĂN ÁNH', 'M'],
  ['ĐẶNG^THỊ HUỆ', 'F'],
  ['TRẦN^QUỐC ĐẠT', 'M'],
  ['LÊ^THỊ NGỌC DUNG', 'F'],
  ['PHẠM^ĐỨC THIỆN', 'M'],
  ['VŨ^THUỲ LINH', 'F'],
  ['HOÀNG^XUÂN PHÚC', 'M'],
  ['Y^BRŨ NIÊ', 'M'],
];

/** The Patient module (PS3.3 C.7.1.1). @param number counted from 0; names come again, Patient IDs do not */
export function patient(seed: string, number: number): Attributes {
  const random = randomOf(`${seed} patient ${number}`);
  const [PatientName, PatientSex] = people[number % people.length] as (typeof people)[number];
  const two = (below: number): string => String(1 + Math.floor(random() * below)).padStart(2, '0');
  return {
    PatientName,
    PatientSex,
    PatientID: `LIGHTBOX-${100_000 + number}`,
    IssuerOfPatientID: 'LIGHTBOX SAMPLES',
    PatientBirthDate: `${1940 + Math.floor(random() * 70)}${two(12)}${two(28)}`,
  };
}
