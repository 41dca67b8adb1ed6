// The curves by which a graphics card shows values where that is no straight line: the shape of a window or the table of the file, and
// after it the table of the image. Each is told once, by what it is: a drag of the window changes its range alone.
import { sameTable } from './lookup-table.ts';
import { shownValue, type Presentation } from './presentation.ts';
import { rangeOf, type Window } from './windows.ts';

// As many as the texture has into which Cornerstone's renderer puts a colour map. It looks up 0 … 1 between the outer edges of the
// first and the last one, but fills them as if it were between their middles: so each is computed for where its middle is.
const curvePoints = 1024;

// Between the two ends of their range all windows of one shape are alike.
const straight: Window = { center: 0.5, width: 1, shape: 'LINEAR_EXACT' };
const sigmoid: Window = { center: 0, width: 1, shape: 'SIGMOID' };

type Curve = Omit<Presentation, 'inverse'>;

export class Curves {
  readonly #tell: (name: string, greys: readonly number[]) => void;
  readonly #told: (Curve & { name: string })[] = [];

  /** @param tell  called with a new curve: its greys, 0 … 1, from one end of the range to the other */
  constructor(tell: (name: string, greys: readonly number[]) => void) {
    this.#tell = tell;
  }

  /** undefined for a straight line */
  nameOf({ window: shown, presentationLut }: Curve): string | undefined {
    const window = shown.table ? shown : shown.shape === 'SIGMOID' ? sigmoid : straight;
    if (window === straight && !presentationLut) return undefined;
    const known = this.#told.find(
      (told) =>
        told.window.shape === window.shape &&
        sameTable(told.window.table, window.table) &&
        sameTable(told.presentationLut, presentationLut),
    );
    if (known) return known.name;
    const { lower, upper } = rangeOf(window);
    const greys = Array.from({ length: curvePoints }, (_, at) =>
      shownValue({ window, presentationLut }, lower + ((at + 0.5) / curvePoints) * (upper - lower)),
    );
    const name = `lightbox curve ${this.#told.length + 1}`;
    this.#tell(name, greys);
    this.#told.push({ window, presentationLut, name });
    return name;
  }
}
