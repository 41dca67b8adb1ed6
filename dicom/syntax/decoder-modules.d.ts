// What we use of the Emscripten modules of CharLS, libjxl and OpenJPEG, which have no types of their own.
/** One frame in, its samples out, by libjxl and OpenJPEG alike. */
interface SignedFrameDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): {
    width: number;
    height: number;
    bitsPerSample: number;
    componentCount: number;
    isSigned: boolean;
  };
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  interface JpegLSDecoder {
    /** Memory of the module, to be filled. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    /** 0: by plane; 1: by line, 2: by sample, both given out by pixel. */
    getInterleaveMode(): number;
    /** A view of the module's memory. */
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  interface CharLS {
    readonly JpegLSDecoder: new () => JpegLSDecoder;
    getExceptionMessage(thrown: number): string;
  }
  export default function open(options: { print(): void; printErr(): void }): Promise<CharLS>;
}

declare module '@cornerstonejs/codec-libjxl/decodewasmjs' {
  interface LibJxl {
    readonly JpegXLDecoder: new () => SignedFrameDecoder;
    getExceptionMessage(thrown: number): string | readonly string[];
  }
  export default function open(options: { wasmBinary: Uint8Array; print(): void; printErr(): void }): Promise<LibJxl>;
}

declare module '@cornerstonejs/codec-libjxl/encodewasmjs' {
  interface JpegXLEncoder {
    getDecodedBuffer(frame: {
      width: number;
      height: number;
      bitsPerSample: number;
      componentCount: number;
      isSigned: boolean;
    }): Uint8Array;
    setLossless(lossless: boolean): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export default function open(options: {
    wasmBinary: Uint8Array;
    print(): void;
    printErr(): void;
  }): Promise<{ readonly JpegXLEncoder: new () => JpegXLEncoder }>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface J2KDecoder extends SignedFrameDecoder {
    /** `decode` at 1 / 2^level of width and height, of so many quality layers, 0 for all. The frame's information is that of the whole. */
    decodeSubResolution(level: number, layers: number): void;
  }
  export default function open(options: {
    print(text: string): void;
    printErr(text: string): void;
  }): Promise<{ readonly J2KDecoder: new () => J2KDecoder }>;
}
