/**
 * What made-up studies are put together from, each as often as it is met in Viet Nam: names with their folded form,
 * modalities, descriptions. A part has slots in a table of fixed size; SQL draws a slot.
 */
import { foldPersonName } from '#dicom/data/person-name.ts';

/** One slot of one kind of part. */
export interface PartSlot {
  readonly kind: string;
  readonly slot: number;
  readonly value: string;
  /** As a search compares it; of names only. */
  readonly folded: string;
}

type Weighted = readonly (readonly [value: string, weight: number])[];

/** Shares of the people in percent; the rest are families that a search seldom meets. */
const families: Weighted = [
  ...of(
    'NGUYỄN 38.4|TRẦN 12.1|LÊ 9.5|PHẠM 7|HUỲNH 2.6|HOÀNG 2.5|PHAN 4.5|VŨ 2|VÕ 1.9|ĐẶNG 2.1|BÙI 2|ĐỖ 1.4|HỒ 1.3|NGÔ 1.3|DƯƠNG 1|LÝ 0.5',
  ),
  ...evenly(
    `ĐOÀN ĐINH TRỊNH TRƯƠNG LÂM MAI ĐÀO CAO THÁI LƯƠNG LƯU TẠ TÔ VƯƠNG CHU HÀ QUÁCH KIỀU TRIỆU LA NÔNG VI LÒ CÀ GIÀNG SÙNG THÀO VÀNG
    HẦU MA ĐÀM BẾ HỨA ĐIỂU SIU RƠ KSOR RAHLAN NAY KPĂ Y H' THẠCH KIM SƠN CHÂU DANH TĂNG ÂU DIỆP NGHIÊM PHÙNG QUẢN THÂN TIÊU TÔN TỐNG UÔNG VĂN XA
    BẠCH BÀNH CẤN CÙ DOÃN ĐỒNG ĐỚI GIANG GIÁP HÀN HẠ KHỔNG KHÚC KHUẤT LẠI LÃ LỖ LỤC MẠC NGHỊ NGỤY NHAN NINH ÔN PHÍ PHÓ QUANG SẦM SỬ THI THIỀU TỪ VIÊN YÊN`,
    8.5,
  ),
  ...evenly('SMITH MÜLLER KOVÁČ GARCÍA TANAKA', 0.4),
];

const middles = {
  M: of(
    'VĂN 40|ĐỨC 6|HỮU 6|MINH 5|QUANG 4|QUỐC 4|XUÂN 4|CÔNG 4|ĐÌNH 4|NGỌC 3|THANH 3|TRỌNG 3|THÀNH 2|DUY 2|GIA 2|HOÀNG 2|ANH 2|TUẤN 1|BÁ 1|KHẮC 1|VIẾT 1',
  ),
  F: of(
    'THỊ 55|NGỌC 6|THANH 5|THU 5|KIM 4|PHƯƠNG 3|MINH 3|HỒNG 3|BÍCH 2|MỸ 2|XUÂN 2|QUỲNH 2|KHÁNH 2|THÙY 1|DIỄM 1|TUYẾT 1|TƯỜNG 1|BẢO 1|HOÀI 1',
  ),
} as const;

/** The commonest first; how often each is met falls with its place (Zipf). */
const givens = {
  M: `HÙNG ANH MINH TUẤN DŨNG HẢI NAM LONG SƠN CƯỜNG HÒA THẮNG BÌNH TÙNG HIẾU TRUNG QUÂN ĐỨC HOÀNG PHÚC KHOA HUY ĐẠT VIỆT TÂM THÀNH
    TIẾN PHONG BẢO LỘC AN KHÁNH THÁI THIỆN VINH LÂM QUANG CHIẾN CHÍNH CÔNG DUY ĐỒNG GIANG HẬU HIỆP HƯNG HÀO KHANG KIÊN KỲ LỢI LỰC MẠNH NGHĨA NGỌC
    NHÂN NHẬT PHÁT PHƯỚC QUÝ SANG TÀI TÂN THẠCH THẾ THỊNH THỌ THUẬN TÍN TOÀN TRÍ TRỌNG TRƯỜNG TÚ VĂN VŨ VƯƠNG XUÂN ĐĂNG ĐIỆP BẮC BA BẢY CHÂU CHUNG CƯƠNG DANH
    DƯƠNG ĐIỀN ĐỊNH ĐÔNG GIÁP HẠNH HẢO HIỂN HỢP HUẤN KHÔI KHƯƠNG KHIÊM LIÊM LƯƠNG NIÊ NGUYÊN PHÚ QUYỀN QUYẾT SÁNG SỸ THANH THĂNG THÔNG TÌNH TÔN TUYÊN ƯỚC VĨNH`,
  F: `HƯƠNG LAN HOA HÀ LINH MAI NGA THẢO TRANG HẰNG THỦY PHƯƠNG HUYỀN NHUNG YẾN DUNG HẠNH LOAN OANH VÂN HIỀN THU NGỌC ANH CHI LY NHI TRINH
    THÚY TUYẾT BÌNH ÁNH HUỆ HỒNG LIÊN MY NHƯ QUYÊN QUỲNH TÂM THƠM THƯ TRÂM UYÊN VY XUÂN AN BÍCH CÚC DIỆP DIỄM ĐÀO ĐIỆP GẤM GIANG HÂN HẢO HẬU HÒA HOÀI
    HUÊ KHÁNH KIỀU KIM LÀI LÊ LIỄU LỆ LỤA LƯƠNG MẬN MIÊN MINH MƠ MƯỜI NGÂN NGHĨA NGUYỆT NHÀN NHÃ NỤ PHI PHỤNG PHƯỢNG QUẾ SEN SƯƠNG TÁM THANH THẮM THÊU
    THI THOA THÙY THƯƠNG TIÊN TƯ TƯƠI ÚT VUI VÀNG XOAN XUYẾN Ý ĐẸP ĐÔNG BA BẢY BÔNG CHANH CHÂU CHUNG DUYÊN ĐÀI ĐOAN GÁI HẢI HẸN KHUYÊN LÀNH LẠC LĨNH`,
} as const;
/** Before the last word of a given name of two. */
const beforeGiven = {
  M: 'MINH ANH NGỌC QUỐC HOÀNG THANH TUẤN GIA ĐỨC BẢO',
  F: 'NGỌC THU MINH HỒNG THÙY KIM THANH PHƯƠNG BẢO BÍCH',
};

const modalities: Weighted = of('CR 15|DX 30|US 30|CT 14.7|MR 8|MG 1|XA 0.5|ES 0.5|PT 0.2|NM 0.1');

const descriptions: Readonly<Record<string, string>> = {
  CR: 'X quang ngực thẳng|X quang cột sống thắt lưng|X quang khớp gối|X quang bụng không chuẩn bị',
  DX: 'Chụp XQ ngực thẳng|Chụp XQ cột sống cổ|Chụp XQ khung chậu|Chụp XQ bàn tay|Chụp XQ cẳng chân',
  US: 'Siêu âm ổ bụng|Siêu âm tuyến giáp|Siêu âm thai|Siêu âm Doppler tim|Siêu âm vú',
  CT: 'CLVT sọ não|CLVT lồng ngực có cản quang|CLVT ổ bụng|CLVT động mạch vành|CLVT xoang',
  MR: 'CHT sọ não|CHT cột sống thắt lưng|CHT khớp gối|CHT ổ bụng',
  MG: 'Chụp nhũ ảnh hai bên',
  XA: 'Chụp mạch vành|Chụp mạch não',
  ES: 'Nội soi dạ dày|Nội soi đại tràng',
  PT: 'PET/CT toàn thân',
  NM: 'Xạ hình xương',
};

/** Slots of a kind: a multiple of these is drawn from. */
export const slotsOf = { family: 1000, middle: 500, given: 4000, modality: 1000, description: 20, doctor: 60 } as const;

export function allParts(): PartSlot[] {
  const parts = [
    ...slots('family', families, slotsOf.family),
    ...slots('modality', modalities, slotsOf.modality),
    ...slots('doctor', doctors(), slotsOf.doctor),
  ];
  for (const sex of ['M', 'F'] as const)
    parts.push(
      ...slots(`middle ${sex}`, middles[sex], slotsOf.middle),
      ...slots(`given ${sex}`, givenNames(sex), slotsOf.given),
    );
  for (const [modality, list] of Object.entries(descriptions))
    parts.push(...slots(`description ${modality}`, evenly(list, 1, '|'), slotsOf.description));
  return parts;
}

/** Three of four people have a given name of one word. */
function givenNames(sex: 'M' | 'F'): Weighted {
  return givens[sex].split(/\s+/).flatMap((name, place): (readonly [string, number])[] => {
    const weight = 1 / (place + 4);
    const longer = beforeGiven[sex].split(' ').filter((before) => before !== name);
    return [
      [name, 0.75 * weight],
      ...evenly(longer.map((before) => `${before} ${name}`).join('|'), 0.25 * weight, '|'),
    ];
  });
}

function doctors(): Weighted {
  const family = 'NGUYỄN TRẦN LÊ PHẠM HOÀNG VŨ'.split(' ');
  const given = 'MINH TUẤN|THỊ LAN|ĐỨC HẢI|THU HÀ|QUANG VINH|VĂN SƠN|HỒNG NHUNG|XUÂN BÁCH|KIM CHI|TRỌNG NGHĨA'.split(
    '|',
  );
  return family.flatMap((name) => given.map((rest): [string, number] => [`${name}^${rest}^^BS`, 1]));
}

function of(list: string): Weighted {
  return list.split('|').map((entry): [string, number] => {
    const at = entry.lastIndexOf(' ');
    return [entry.slice(0, at), Number(entry.slice(at + 1))];
  });
}

function evenly(list: string, together: number, between: string | RegExp = /\s+/): Weighted {
  const values = list.split(between).filter(Boolean);
  return values.map((value): [string, number] => [value, together / values.length]);
}

/** Each value in as many slots as its weight says. */
function slots(kind: string, values: Weighted, count: number): PartSlot[] {
  const total = values.reduce((sum, [, weight]) => sum + weight, 0);
  const found: PartSlot[] = [];
  let reached = 0;
  for (const [value, weight] of values) {
    reached += weight;
    const folded = foldPersonName(value);
    while (found.length < Math.round((reached / total) * count))
      found.push({ kind, slot: found.length, value, folded });
  }
  return found;
}
