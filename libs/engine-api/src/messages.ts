/**
 * Texts that Docker clients match on, word for word as dockerd says them (moby 28 where not stated otherwise). A change here is a change of behaviour.
 */

// The router.
export const pageNotFound = 'page not found';
export const tooNew = (asked: string, newest: string): string =>
  `client version ${asked} is too new. Maximum supported API version is ${newest}`;
export const tooOld = (asked: string, oldest: string): string =>
  `client version ${asked} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version`;
export const needsNewerApi = (route: string, version: string): string => `${route} requires minimum API version ${version}`;
export const wrongContentType = (type: string): string => `unsupported Content-Type header (${type}): must be 'application/json'`;
export const emptyBody = 'invalid JSON: got EOF while reading request body';
export const invalidJson = (why: string): string => `invalid JSON: ${why}`;
export const contentAfterJson = 'unexpected content after JSON';
export const invalidFilter = (key: string): string => `invalid filter '${key}'`;
export const invalidChoice = (key: 'status' | 'health', value: string, choices: readonly string[]): string =>
  `invalid filter '${key}=${value}': invalid value for ${key === 'status' ? 'state' : key} (${value}): must be one of ${choices.join(', ')}`;
export const invalidFilterValue = (key: string, values: readonly string[]): string => `invalid filter '${key}=[${values.join(' ')}]'`;
export const notImplemented = (what: string): string => `${what} is not supported by this engine`;

// Containers.
export const noSuchContainer = (name: string): string => `No such container: ${name}`;
export const emptyReference = 'invalid name or ID supplied: ""';
export const nameInUse = (name: string, id: string): string =>
  `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
export const invalidContainerName = (name: string): string =>
  `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`;
export const ambiguousPrefix = (prefix: string): string => `multiple IDs found with provided prefix: ${prefix}`;
export const notRunning = (id: string): string => `container ${id} is not running`;
export const isPaused = (name: string): string => `Container ${name} is paused, unpause the container before exec`;
export const cannotAttachPaused = (name: string): string => `container ${name} is paused, unpause the container before attach`;
export const invalidKeys = (what: 'detach' | 'escape', keys: string): string => `Invalid ${what} keys (${keys}) provided`;
export const cannotStopPaused = (id: string): string => `Container ${id} is paused. Unpause the container before stopping or killing`;
export const cannotStartPaused = 'cannot start a paused container, try unpause instead';
export const alreadyPaused = (id: string): string => `Container ${id} is already paused`;
export const notPaused = (id: string): string => `Container ${id} is not paused`;
export const restarting = (id: string): string => `Container ${id} is restarting, wait until the container is running`;
export const markedForRemoval = 'container is marked for removal and cannot be started';
export const removalInProgress = (name: string): string => `removal of container ${name} is already in progress`;
export const cannotRemoveRunning = (name: string, state: string): string =>
  `cannot remove container "${name}": container is ${state}: stop the container before removing or force remove`;
export const cannotKill = (name: string, why: string): string => `cannot kill container: ${name}: ${why}`;
export const unsupportedSignal = (signal: number): string => `the linux daemon does not support signal ${signal}`;
export const notKilled = 'tried to kill container, but did not receive an exit event';
export const invalidSignal = (signal: string): string => `invalid signal: ${signal}`;
export const noCommand = 'no command specified';
export const emptyConfig = 'config cannot be empty in order to create a container';
export const renameWithoutName = 'Neither old nor new names may be empty';
export const cannotRename = (why: string): string => `Error when allocating new name: ${why}`;
export const renameToSame = 'Renaming a container with the same name as its current name';
export const bodyOfStart = 'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24';
export const oneShotOfStream = 'cannot have stream=true and one-shot=true';
export const notAnInteger = (text: string): string => `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
export const noTimestamp = (text: string): string => `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
export const chooseStreams = 'Bad parameters: you must choose at least one stream';
export const invalidCondition = (condition: string): string => `invalid condition: "${condition}"`;
export const pidNotFoundInTop = "Couldn't find PID field in ps output";
export const memoryTooSmall = 'Minimum memory limit allowed is 6MB';
export const swapBelowMemory = 'Minimum memoryswap limit should be larger than memory limit, see usage';
export const swapWithoutMemory = 'You should always set the Memory limit when using Memoryswap limit, see usage';
export const cpusAndQuota = 'Conflicting options: Nano CPUs and CPU Quota cannot both be set';
export const cpusAndPeriod = 'Conflicting options: Nano CPUs and CPU Period cannot both be set';
export const cpusCannotFollow = (wanted: string, set: string): string =>
  `Conflicting options: ${wanted} cannot be updated as ${set} has already been set`;
export const memoryAboveSwap = 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time';
export const cannotUpdate = (id: string, why: string): string => `Cannot update container ${id}: ${why}`;
export const markedForRemovalInUpdate = 'container is marked for removal and cannot be "update"';
export const policyAndAutoRemove = 'Restart policy cannot be updated because AutoRemove is enabled for the container';
export const cpusOutOfRange = (max: number): string =>
  `Range of CPUs is from 0.01 to ${max.toFixed(2)}, as there are only ${max} CPUs available`;
export const oomDisabledWithoutLimit =
  'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.';
export const storageSizeUnsupported = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option";
export const privilegedInUserNamespace =
  'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode';
export const hostNetworkInUserNamespace = "cannot share the host's network namespace when user namespaces are enabled";
export const hostProcessesInUserNamespace = 'cannot share the host PID namespace when user namespaces are enabled';
export const portsOnHostNetwork = 'Published ports are discarded when using host network mode';
export const unknownRuntime = (name: string): string => `unknown or invalid runtime name: ${name}`;
export const seccompUnreadable = (why: string): string => `Decoding seccomp profile failed: ${why}`;
export const noDeviceDriver = (driver: string, capabilities: readonly (readonly string[])[]): string =>
  `could not select device driver ${JSON.stringify(driver)} with capabilities: [${capabilities.map((all) => `[${all.join(' ')}]`).join(' ')}]`;
export const otherPlatform = (reference: string, actual: string, wanted: string): string =>
  `image with reference ${reference} was found but its platform (${actual}) does not match the specified platform (${wanted})`;
export const cdiFailed = (why: string): string => `CDI device injection failed: ${why}`;
export const unknownCdiDevices = (names: readonly string[]): string => cdiFailed(`unresolvable CDI devices ${names.join(', ')}`);
export const severalEndpoints = (names: readonly string[]): string =>
  `Container cannot be connected to network endpoints: ${names.join(', ')}`;
export const macAddressDeprecated =
  'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.';
export const noDevice = (path: string, why: string): string =>
  `error gathering device information while adding custom device "${path}": ${why}`;
export const foreignPlatform = (actual: string, own: string): string =>
  `The requested image's platform (${actual}) does not match the detected host platform (${own}) and no specific platform was requested`;
export const noLogDriver = (name: string): string => `error looking up logging plugin ${name}: plugin "${name}" not found`;
export const cannotLink = (other: string, alias: string): string => `Cannot link to a non running container: /${other} AS ${alias}`;
export const linkWithoutAlias = 'Conflict, cannot remove the default link name of the container';
export const cannotJoinNetwork = (id: string): string => `cannot join network of a non running container: ${id}`;
export const cannotJoinIpc = (id: string, why: string): string => `can't join IPC of container ${id}: ${why}`;
export const unknownRestartPolicy = (name: string): string =>
  `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`;
export const autoRemoveAndRestart = `can't create 'AutoRemove' container with restart policy`;
export const mountDestinationNotAbsolute = (path: string): string =>
  `invalid mount config for type "bind": invalid mount path: '${path}' mount path must be absolute`;
export const invalidBind = ({ text, type, why }: { text: string; type: 'bind' | 'volume'; why: string }): string =>
  `invalid volume specification: '${text}': invalid mount config for type "${type}": ${why}`;
export const notSharedMount = ({ path, on, kind }: { path: string; on: string; kind: 'shared' | 'shared or slave' }): string =>
  `path ${path} is mounted on ${on} but it is not a ${kind} mount`;
export const labelIgnored = (bind: string): string =>
  `the label option of ${bind} is ignored: this engine does not label files for SELinux`;
export const emptyVolumesFrom = 'volumes-from specification cannot be an empty string';
export const bindSourceMissing = (path: string): string => `invalid mount config for type "bind": bind source path does not exist: ${path}`;
export const workingDirectoryNotAbsolute = (path: string): string =>
  `the working directory '${path}' is invalid, it needs to be an absolute path`;

// Files of containers.
export const fileNotFound = (path: string, container: string): string => `Could not find the file ${path} in container ${container}`;
export const extractionPointNotDirectory = 'extraction point is not a directory';
export const volumeReadOnly = 'mounted volume is marked read-only';
export const rootfsReadOnly = 'container rootfs is marked read-only';
export const missingParameter = (name: string): string => `bad parameter: ${name}cannot be empty`;
export const cannotOverwriteDirectory = (path: string, root: string): string =>
  `cannot overwrite directory ${JSON.stringify(path)} with non-directory ${JSON.stringify(root)}`;
export const cannotOverwriteWithDirectory = (path: string, root: string): string =>
  `cannot overwrite non-directory ${JSON.stringify(path)} with directory ${JSON.stringify(root)}`;
export const outsideOf = (name: string, root: string): string => `${JSON.stringify(name)} is outside of ${JSON.stringify(root)}`;
export const linkLeaves = (kind: 'symlink' | 'hardlink', path: string, target: string): string =>
  `invalid ${kind} ${JSON.stringify(path)} -> ${JSON.stringify(target)}`;
export const cannotExport = (id: string, why: 'Dead' | 'being removed'): string => `You cannot export container ${id} which is ${why}`;
export const cannotCommit = (id: string, why: 'Dead' | 'being removed'): string => `You cannot commit container ${id} which is ${why}`;

// Starting: the docker CLI derives its exit codes 127 and 126 from these words.
export const runtimeCreateFailed = (why: string): string =>
  `failed to create task for container: failed to create shim task: OCI runtime create failed: ${why}: unknown`;
export const runtimeExecFailed = (why: string): string =>
  `OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown`;
export const executableNotFound = (command: string): string => `exec: "${command}": executable file not found in $PATH`;
export const noSuchFile = (command: string): string => `exec: "${command}": stat ${command}: no such file or directory`;
export const noWorkingDirectory = (path: string): string =>
  `chdir to cwd (${JSON.stringify(path)}) set in config.json failed: no such file or directory`;
export const workingDirectoryIsFile = (path: string): string =>
  `chdir to cwd (${JSON.stringify(path)}) set in config.json failed: not a directory`;
export const procMount = (mount: { source: string; destination: string; place: string; why: string }): string =>
  `error during container init: error mounting ${JSON.stringify(mount.source)} to rootfs at ${JSON.stringify(mount.destination)}: ` +
  `${JSON.stringify(mount.place)} cannot be mounted because ${mount.why}`;
export const permissionDenied = (command: string): string => `exec: "${command}": permission denied`;
export const isDirectory = (command: string): string => `exec: "${command}": is a directory`;
export const startFailed = (name: string, why: string): string => `failed to set up container networking: ${why} (container ${name})`;
export const allPortsTaken = 'all ports are allocated';
export const portTaken = (address: string, port: number): string =>
  `driver failed programming external connectivity: failed to bind host port for ${address}:${port}: address already in use`;

// Execs.
export const noSuchExec = (id: string): string => `No such exec instance: ${id}`;
export const noExecCommand = 'No exec command specified';
export const execAlreadyRunning = (id: string): string => `Error: Exec command ${id} has already run`;
export const execNotRunning = (id: string): string => `exec process ${id} is not running`;

// Images.
export const noSuchImage = (reference: string): string => `No such image: ${reference}`;
export const invalidReference = 'invalid reference format';
export const repositoryNotLowercase = 'invalid reference format: repository name must be lowercase';
export const imageHasRepositories = (id: string): string =>
  `conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories`;
export const imageInUse = (image: string, container: string): string =>
  `conflict: unable to remove repository reference "${image}" (must force) - container ${container} is using its referenced image`;
export const imageUsedByStopped = (id: string, container: string): string =>
  `conflict: unable to delete ${id} (must be forced) - image is being used by stopped container ${container}`;
export const imageUsedByRunning = (id: string, container: string): string =>
  `conflict: unable to delete ${id} (cannot be forced) - image is being used by running container ${container}`;
export const imageHasChildren = (id: string): string =>
  `conflict: unable to delete ${id} (cannot be forced) - image has dependent child images`;
export const manifestUnknown = (reference: string): string => `manifest for ${reference} not found: manifest unknown: manifest unknown`;
export const pullDenied = (repository: string): string =>
  `pull access denied for ${repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;

// Networks.
export const noSuchNetwork = (name: string): string => `network ${name} not found`;
export const networkNameTaken = (name: string): string => `network with name ${name} already exists`;
export const predefinedNetwork = (name: string): string => `${name} is a pre-defined network and cannot be removed`;
export const predefinedNetworkCreate = (name: string): string => `operation is not permitted on predefined ${name} network `;
export const networkInUse = (name: string, id: string): string =>
  `error while removing network: network ${name} id ${id} has active endpoints`;
export const alreadyConnected = (container: string, network: string): string =>
  `endpoint with name ${container} already exists in network ${network}`;
export const connectedToNone = 'container cannot be connected to multiple networks with one of the networks in private (none) mode';
export const notConnected = (container: string, network: string): string => `container ${container} is not connected to network ${network}`;
export const poolOverlaps = 'Pool overlaps with other one on this address space';

// Volumes.
export const noSuchVolume = (name: string): string => `get ${name}: no such volume`;
export const volumeInUse = (name: string, containers: readonly string[]): string =>
  `remove ${name}: volume is in use - [${containers.join(', ')}]`;
export const noSubpath = (path: string): string => `cannot access path ${path}: lstat ${path}: no such file or directory`;
export const shortVolumeName = 'volume name is too short, names should be at least two alphanumeric characters';
export const volumeNotMounted = (path: string, why: string): string => `error while mounting volume '${path}': ${why}`;
/** How Go's mount package names a mount. */
export const mountOf = (mount: { source: string; target: string; flags: number; data: string }): string =>
  `mount ${mount.source}:${mount.target}${mount.flags === 0 ? '' : `, flags: 0x${mount.flags.toString(16)}`}${mount.data === '' ? '' : `, data: ${mount.data}`}`;
export const invalidVolumeName = (name: string): string =>
  `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;

// Swarm and plugins.
export const notASwarmManager =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
export const notInSwarm = 'This node is not part of a swarm';
export const noSuchPlugin = (name: string): string => `plugin "${name}" not found`;
