/** PS3.5 Table 6.2-1, AE: 1 to 16 characters of the default repertoire, no backslash, no control characters. */
export const aeTitlePattern = /^[\x20-\x5b\x5d-\x7e]{1,16}$/;
