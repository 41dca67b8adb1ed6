// Stands in for dcmjs below Cornerstone's own packages: they would bring it twice, 2 MB of script before compression,
// to read files, to name attributes and to log. Lightbox's metadata comes from a provider of its own.

type Log = Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void> & {
  getLogger: () => Log;
  setLevel: () => void;
};

const nothing = () => {};

/** Nothing is logged: nobody in a hospital reads the console, and what goes wrong comes back as an error. */
const loggerOf = (): Log => ({
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getLogger: loggerOf,
  setLevel: nothing,
});

export const log = loggerOf();

export const constants = {
  IMPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2',
  EXPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2.1',
  DEFLATED_EXPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2.1.99',
  EXPLICIT_BIG_ENDIAN: '1.2.840.10008.1.2.2',
};

/**
 * Cornerstone compiles its rules for splitting a series, which nothing here asks for, as soon as it is loaded, and refuses names that
 * are no keyword: here all are that are written like one.
 */
const keywords = new Proxy(
  {},
  {
    get: (_, name) => (/^[A-Z]/.test(String(name)) ? { tag: '(0000,0000)' } : undefined),
    getOwnPropertyDescriptor: (_, name) => {
      const value: unknown = Reflect.get(keywords, name);
      return value === undefined ? undefined : { value, configurable: true };
    },
  },
);

class NotHere {
  constructor() {
    throw new Error('DICOM files are not read by the viewer: the archive does that');
  }
}

export default {
  data: { DicomMetaDictionary: { dictionary: {}, nameMap: keywords } },
  async: { AsyncDicomReader: NotHere },
  utilities: { DicomMetadataListener: NotHere },
};
