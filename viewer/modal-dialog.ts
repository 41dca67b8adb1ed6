// A dialog over the page: what is typed is for it, in every browser.

/** Opens it, with the focus in it. Safari 16 leaves the focus on the page behind. */
export function openModal(dialog: HTMLDialogElement | null): void {
  if (!dialog) return;
  dialog.showModal();
  if (dialog.contains(document.activeElement)) return;
  const first = dialog.querySelector<HTMLElement>('[autofocus]') ?? dialog.querySelector<HTMLElement>('button, input');
  first?.focus();
}

/** Then no key is for what lies behind, wherever the focus is. */
export function isModalOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}
