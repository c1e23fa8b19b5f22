import type { Thing } from './thing.ts';

type Labels = Readonly<Record<string, string>> | null | undefined;

/** What is read of an item of `/containers/json`. */
export interface ContainerItem {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Labels?: Labels;
  readonly Image?: string;
  readonly ImageID?: string;
  readonly State?: string;
  readonly Mounts?: readonly { readonly Type?: string; readonly Name?: string }[] | null;
}

export interface NetworkItem {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Labels;
}

export interface VolumeItem {
  readonly Name: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Labels;
}

/** What is read of an inspected image. */
export interface ImageItem {
  readonly Id: string;
  readonly Config?: { readonly Labels?: Labels } | null;
}

/** A container has names of its links as well, with a second slash; its own has none. */
export function containerOf({ Id: id, Names, Labels }: ContainerItem): Thing {
  const own = (Names ?? []).map((name) => name.replace(/^\//, '')).find((name) => !name.includes('/'));
  return { kind: 'container', id, name: own ?? '', labels: Labels ?? {} };
}

export function networkOf({ Id: id, Name: name, Labels }: NetworkItem): Thing {
  return { kind: 'network', id, name, labels: Labels ?? {} };
}

export function volumeOf({ Name: name, Labels }: VolumeItem): Thing {
  return { kind: 'volume', id: name, name, labels: Labels ?? {} };
}

export function imageOf({ Id: id, Config }: ImageItem): Thing {
  return { kind: 'image', id, name: '', labels: Config?.Labels ?? {} };
}
