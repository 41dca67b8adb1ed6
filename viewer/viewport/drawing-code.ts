// When what draws images comes (drawing.ts). Until it is there nothing is drawn, and so nothing measured either.
type Drawing = (typeof import('./drawing.ts'))['drawing'];

let there: Drawing | undefined;
let coming: Promise<Drawing> | undefined;

/** Rejects when it does not come; asked again, it is fetched again. */
export function fetchDrawing(): Promise<Drawing> {
  coming ??= import('./drawing.ts').then(
    (script) => (there = script.drawing),
    (error: unknown) => {
      coming = undefined;
      throw error;
    },
  );
  return coming;
}

/** Always there where there is a stack. */
export const drawing = () => there;
