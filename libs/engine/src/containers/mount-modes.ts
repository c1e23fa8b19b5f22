import { Failure } from '@gantry/base';

/** What the last part of `-v source:target:mode` says. */
export interface MountMode {
  readonly isWritable: boolean;
  /** '' where it is not said. */
  readonly propagation: string;
  readonly copiesImage: boolean;
}

export const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
/** Of each kind of word one at most. */
const kinds = {
  access: ['ro', 'rw'],
  label: ['z', 'Z'],
  propagation: propagations,
  copy: ['nocopy'],
  consistency: ['consistent', 'cached', 'delegated'],
};

/** Reads a mode as dockerd does; '' says nothing. Fails with `invalid` in its words. */
export function parseMountMode(mode: string): MountMode {
  const words = mode === '' ? [] : mode.split(',');
  const isKnown = words.every((word) => Object.values(kinds).some((kind) => kind.includes(word)));
  const isPlain = Object.values(kinds).every((kind) => words.filter((word) => kind.includes(word)).length <= 1);
  if (!isKnown || !isPlain) throw new Failure('invalid', `invalid mode: ${mode}`);
  return {
    isWritable: !words.includes('ro'),
    propagation: words.find((word) => propagations.includes(word)) ?? '',
    copiesImage: !words.includes('nocopy'),
  };
}

/** The mode of `--volumes-from`: propagation and copying are those of the first container. */
export function parseInheritedMode(mode: string): MountMode {
  const parsed = parseMountMode(mode);
  if (parsed.propagation !== '' || !parsed.copiesImage) throw new Failure('invalid', `invalid mode: ${mode}`);
  return parsed;
}

/** Whether it asks for files to be labelled for SELinux. */
export const asksForLabel = (mode: string): boolean => mode.split(',').some((word) => kinds.label.includes(word));
