/** A file with its place below what was dropped or chosen: `site/css/a.css`. */
export interface DroppedFile {
  readonly file: File;
  readonly path: string;
}

/** Files that were chosen; those of a chosen folder know where they lie in it. */
export function chosenFiles(files: Iterable<File>): DroppedFile[] {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Files that were dropped, those in folders too. To be called while the drop is handled: what was dropped is gone after that. */
export async function droppedFiles(dropped: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...dropped.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return chosenFiles(dropped.files);
  return (await Promise.all(entries.map((entry) => filesOf(entry)))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (isFile(entry)) return [{ file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)), path }];
  if (!isDirectory(entry)) return [];
  const found: DroppedFile[] = [];
  const reader = entry.createReader();
  // A reader tells a part at a time, and nothing when all has been told.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return found;
    for (const one of part) found.push(...(await filesOf(one)));
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
