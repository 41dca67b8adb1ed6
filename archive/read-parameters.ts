import { BadParameter } from '#dicom/web/query-parameters.ts';
import { Problem } from './problems.ts';

/** Parameters as a door reads them. @throws Problem badRequest naming the parameter */
export function readParameters<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadParameter) throw new Problem('badRequest', error.message, { cause: error });
    throw error;
  }
}
