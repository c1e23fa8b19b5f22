/** 64 hex digits. */
export type ContainerId = string & { readonly brand: 'container' };
/** `sha256:` and 64 hex digits of the image's configuration. */
export type ImageId = string & { readonly brand: 'image' };
/** 64 hex digits. */
export type NetworkId = string & { readonly brand: 'network' };
/** 64 hex digits. */
export type ExecId = string & { readonly brand: 'exec' };
