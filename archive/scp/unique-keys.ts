/** The identifier of a C-MOVE or C-GET request (PS3.4 C.4.2.1.4): a level and the unique keys down to it. */
import { textValue, textValues } from '#dicom/data/dataset.ts';
import type { Dataset } from '#dicom/data/dataset.ts';
import { keywordOf, tagOf } from '#dicom/data/dictionary.ts';
import { isUid } from '#dicom/data/uid.ts';
import type { UniqueKeys } from '#index/instances.ts';
import { BadIdentifier } from './identifier.ts';
import type { InformationModel } from './information-model.ts';

const queryRetrieveLevel = 0x00080052;
const issuerOfPatientID = 0x00100021;
const patientID = tagOf('PatientID');

/**
 * Baseline behaviour (C.4.2.2.1): one value for each level above, one or, but for patients, several at the level itself.
 * Patient ID above the level may be empty: there are patients without one.
 * @param relational  extended behaviour (C.4.2.2.2.1): the keys above may be left out, or be lists
 * @throws BadIdentifier
 */
export function readUniqueKeys(
  dataset: Dataset,
  { name: model, levels }: InformationModel,
  relational: boolean,
): UniqueKeys {
  const name = textValue(dataset, queryRetrieveLevel);
  if (name === '') throw new BadIdentifier(queryRetrieveLevel, 'no Query/Retrieve Level (0008,0052)');
  const at = levels.findIndex((level) => level.name === name);
  if (at < 0) throw new BadIdentifier(queryRetrieveLevel, `${model} has no such Query/Retrieve Level`);
  const keys: Record<string, string | string[]> = {};
  for (const [above, { uniqueKey }] of levels.slice(0, at + 1).entries()) {
    const keyword = keywordOf(uniqueKey) as string;
    const values = textValues(dataset, uniqueKey).filter((value) => value !== '');
    const isOfLevel = above === at;
    if (uniqueKey === patientID) {
      if (values.length > 1 || (isOfLevel && values.length === 0))
        throw new BadIdentifier(uniqueKey, `level ${name} needs one Patient ID (0010,0020)`);
      if (values[0] === undefined) continue;
      keys[keyword] = values[0];
      const issuer = textValue(dataset, issuerOfPatientID);
      if (issuer !== '') keys['IssuerOfPatientID'] = issuer;
    } else {
      if (relational && !isOfLevel && values.length === 0) continue;
      if (values.length === 0 || (!isOfLevel && !relational && values.length > 1))
        throw new BadIdentifier(uniqueKey, `level ${name} needs ${isOfLevel ? 'a' : 'one'} ${keyword}`);
      if (!values.every(isUid)) throw new BadIdentifier(uniqueKey, `${keyword} has a value that is no UID`);
      keys[keyword] = values;
    }
  }
  return keys;
}
