// WebKit (that of Safari 16, seen in WPE 2.38) loses what is posted to a worker whose script is a module before that has been run:
// one frame of four that was sent there first was never decoded, and nothing said so. So a worker is asked until it answers.

const askEveryMs = 250;
/** Then frames come uncompressed: a script of a few hundred kilobytes has been read by the weakest PC. */
const givenUpMs = 15_000;

const id = 'does it hear';

/** @param worker  one whose script answers as Comlink does @throws Error when its script cannot be run, or it says nothing */
export function untilItHears(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    // Of something that is not there: the answer is that it is undefined.
    const ask = () => worker.postMessage({ id, type: 'GET', path: [id] });
    const asking = setInterval(ask, askEveryMs);
    const givenUp = setTimeout(() => end(new Error('a decoding worker says nothing')), givenUpMs);
    const answered = ({ data }: MessageEvent<{ id?: unknown }>) => {
      if (data.id === id) end();
    };
    const failed = () => end(new Error('a decoding worker could not be started'));
    function end(error?: Error): void {
      clearInterval(asking);
      clearTimeout(givenUp);
      worker.removeEventListener('message', answered);
      worker.removeEventListener('error', failed);
      if (error) reject(error);
      else resolve();
    }
    worker.addEventListener('message', answered);
    worker.addEventListener('error', failed);
    ask();
  });
}
