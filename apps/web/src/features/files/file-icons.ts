import { File, FileQuestionMark, Folder, Link } from '@lucide/vue';

/** What is no file, directory or link is none of these to a person. */
export const fileIcons = {
  ...{ file: File, directory: Folder, symlink: Link },
  ...{ fifo: FileQuestionMark, socket: FileQuestionMark, character: FileQuestionMark, block: FileQuestionMark },
} as const;
