// In place of an image that did not come: why, what to do, and where nothing need be done, that.
import type { LoadError } from '../archive-client.ts';
import { isCut } from '../line-back.ts';
import { Notice } from '../notice.tsx';
import { text } from '../text.ts';

interface NotShownProps {
  error: LoadError;
  /** which image, where another one stands behind these words */
  title?: string;
  retry?: (() => void) | undefined;
}

export function NotShown({ error, title = text('imageNotShown'), retry }: NotShownProps) {
  return (
    <Notice title={title} error={error} {...(retry && { retry })}>
      {isCut(error) && <p>{text('goesOnByItself')}</p>}
    </Notice>
  );
}
