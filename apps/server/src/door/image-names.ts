/** A reference as Docker shows it: with its tag, without the parts that everybody leaves out. Digests and ids stay as they are. */
export function familiarReference(reference: string): string {
  if (/^[0-9a-f]{64}$/.test(reference)) return `sha256:${reference}`;
  const short = reference.replace(/^(index\.)?docker\.io\/(library\/)?/, '');
  // So have digests and ids.
  return /:[^/]*$/.test(short) ? short : `${short}:latest`;
}

/** Whether the text can only be the id of an image, or the beginning of one. */
export function isImageId(name: string): boolean {
  return /^(sha256:)?[0-9a-f]{64}$/.test(name) || /^sha256:[0-9a-f]+$/.test(name);
}

/** `repo` of `repo:tag` and of `repo@digest`. */
export function repositoryOf(reference: string): string {
  return familiarReference(reference)
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '');
}
