// What we use of dcmjs, which has no types of its own.
declare module 'dcmjs' {
  interface DictionaryEntry {
    /** `(0010,0010)`; repeating groups as `(60xx,3000)`. */
    readonly tag: string;
    readonly vr: string;
    /** The keyword. */
    readonly name: string;
  }
  const dcmjs: {
    readonly data: { readonly DicomMetaDictionary: { readonly nameMap: Record<string, DictionaryEntry> } };
  };
  export default dcmjs;
}
