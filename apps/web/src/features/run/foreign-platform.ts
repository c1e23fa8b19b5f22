import { type Fields, textOf } from './inspected-values.ts';

/** As `uname -m` has them, which is how engines tell the machine; the others are called alike. */
const machines: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: '386',
  i386: '386',
};

/** The platform of an image (`linux/arm64`, `linux/arm/v7`) where its host is another machine: a newer image is to be for the same; '' where it is the host's own. */
export function foreignPlatform(image: Fields, machine: string | undefined): string {
  const [os, architecture, variant] = [image['Os'], image['Architecture'], image['Variant']].map(textOf);
  if (!os || !architecture || machine === undefined || architecture === (machines[machine] ?? machine)) return '';
  return [os, architecture, variant].filter(Boolean).join('/');
}
