/** No figures, for a reason that whoever asked for them can do something about. */
export class BenchFailed extends Error {
  override name = 'BenchFailed';
}
