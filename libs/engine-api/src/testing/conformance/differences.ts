import type { EngineUnderTest } from '../engine-under-test.ts';

/**
 * Every difference between the native engine and the dockerd that it is compared with (20.10, API 1.41), with its reason. The suite proves that
 * there are no others.
 */
const differences = {
  statusOfBadInput: {
    reason: 'dockerd 20.10 answers unreadable JSON, filters, numbers and binds with 500; the description and later dockerds answer 400',
    dockerd: 500,
    native: 400,
  },
  statusOfUnknownCondition: {
    reason: 'dockerd 20.10 waits for any condition that it does not know as if there were none; the description says 400',
    dockerd: 200,
    native: 400,
  },
  statusOfReadOnly: {
    reason: 'dockerd 20.10 calls it an internal error that a volume or rootfs is read-only; the description says 403',
    dockerd: 500,
    native: 403,
  },
  statusOfNeedlessUnpause: {
    reason: 'dockerd 20.10 calls it an internal error; it is the state that is in conflict, as with pausing twice',
    dockerd: 500,
    native: 409,
  },
  networkModeOfNothing: {
    reason: 'dockerd writes the name that `default` stands for since 26',
    dockerd: 'default',
    native: 'bridge',
  },
  restartPolicyOfNothing: {
    reason: 'the policy has a name, whoever asks for it',
    dockerd: '',
    native: 'no',
  },
  runtimeOfNothing: {
    reason: 'crun is what this engine runs containers with; dockerd 20.10 writes the name at the first start',
    dockerd: undefined,
    native: 'crun',
  },
  logLimitsOfNothing: {
    reason: 'a log that nobody limits fills the disk: this engine rotates it, dockerd does not',
    dockerd: {},
    native: { 'max-size': '10m', 'max-file': '5' },
  },
  logFile: {
    reason: "lines are written by conmon, which lives on without the engine and knows the form of Kubernetes' logs, not that of json-file",
    dockerd: '[0-9a-f]{64}-json\\.log',
    native: 'ctr\\.log',
  },
  publishedWithoutExposed: {
    reason: 'a client that binds a port wants it published; dockerd forgets bindings of ports that ExposedPorts does not list',
    dockerd: [],
    native: ['80/tcp'],
  },
  ownerNames: {
    reason:
      "dockerd writes the names of this machine's users into archives until 23; they say nothing of a container's, and tar prefers them to numbers",
    dockerd: 'root',
    native: '\0\0\0\0',
  },
  warningsOfLabels: {
    reason: 'dockerd without SELinux says nothing of the label options z and Z; who wrote them learns here that they do nothing',
    dockerd: [],
    native: ['the label option of /tmp:/d:ro,Z is ignored: this engine does not label files for SELinux'],
  },
  chosenPortStays: {
    reason: 'whoever was told a port goes on using it; dockerd chooses another one at each start',
    dockerd: false,
    native: true,
  },
  ownerInArchive: {
    reason:
      'dockerd with userns-remap writes the ids of the host into what `docker cp` takes out of a container, and takes those of the container to put it in',
    dockerd: 100_005,
    native: 5,
  },
  hiddenPaths: {
    reason: 'what newer dockerds hide as well (moby 28)',
    dockerd: [],
    native: ['/proc/interrupts', '/sys/devices/virtual/powercap'],
  },
} as const;

export type Difference = keyof typeof differences;

/** What an engine of this kind does where the two differ. */
export function differing<Name extends Difference>(name: Name, engine: EngineUnderTest): Either<(typeof differences)[Name]> {
  const difference: Sides = differences[name];
  return difference[engine.kind] as Either<(typeof differences)[Name]>;
}

interface Sides {
  readonly dockerd: unknown;
  readonly native: unknown;
}
type Either<Two extends Sides> = Two['dockerd'] | Two['native'];
