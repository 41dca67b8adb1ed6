// The files in what was dropped on the page or chosen, folders walked through to the end.

export interface ChosenFile {
  file: File;
  path: string;
}

export function filesOfInput(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * The entries must be taken from the event before anything is awaited: the browser empties it afterwards.
 * What cannot be read (a folder whose disk went away) is left out; the files that can be read are not held up by it.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files: ChosenFile[] = [];
  const toVisit: FileSystemEntry[] = entries.toReversed();
  for (let entry = toVisit.pop(); entry; entry = toVisit.pop()) {
    try {
      if (entry.isFile) {
        files.push({ file: await fileOf(entry as FileSystemFileEntry), path: entry.fullPath.replace(/^\//, '') });
      } else {
        toVisit.push(...(await childrenOf(entry as FileSystemDirectoryEntry)).toReversed());
      }
    } catch {
      continue;
    }
  }
  return files;
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A reader gives at most 100 entries a call, and none when it has given all. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children;
    children.push(...some);
  }
}
