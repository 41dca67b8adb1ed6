// The files in what was dropped on the page or chosen, folders walked through to the end.
import type { Msg } from '../text.ts';

export interface ChosenFile {
  file: File;
  path: string;
}

/** A file or folder that the browser does not give us. */
export interface Unread {
  path: string;
  isFolder: boolean;
  reason: Msg;
}

export interface Dropped {
  files: ChosenFile[];
  unread: Unread[];
}

export function filesOfInput(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * The entries must be taken from the event before anything is awaited: the browser empties it afterwards.
 * What cannot be read is told apart; the files that can be are not held up by it.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<Dropped> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry());
  const files: ChosenFile[] = [];
  // Of what was gone when it was dropped there is no entry; its name has the file, which seems to be an empty one.
  const unread = items.flatMap((item, place): Unread[] =>
    entries[place] ? [] : [{ path: item.getAsFile()?.name ?? '?', isFolder: false, reason: 'unreadGone' }],
  );
  const toVisit = entries.filter((entry) => entry !== null).toReversed();
  for (let entry = toVisit.pop(); entry; entry = toVisit.pop()) {
    const path = entry.fullPath.replace(/^\//, '');
    const children: FileSystemEntry[] = [];
    try {
      if (entry.isFile) files.push({ file: await fileOf(entry as FileSystemFileEntry), path });
      else await readFolder(entry as FileSystemDirectoryEntry, children);
    } catch (error) {
      unread.push({ path, isFolder: entry.isDirectory, reason: reasonOf(error) });
    }
    toVisit.push(...children.toReversed());
  }
  return { files, unread };
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/**
 * A reader gives at most 100 entries a call, and none when it has given all.
 * @param children  gets what is in the folder, also what came before it could not be read on
 */
async function readFolder(folder: FileSystemDirectoryEntry, children: FileSystemEntry[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    children.push(...some);
  }
}

/** The names of DOMException are the only thing that browsers say (File and Directory Entries API). */
const reasonOf = (error: unknown): Msg =>
  error instanceof DOMException && error.name === 'NotFoundError' ? 'unreadGone' : 'unreadRefused';
