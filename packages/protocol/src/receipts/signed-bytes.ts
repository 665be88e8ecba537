const prefix = Buffer.from('perun-watcher receipt v1\n')

/** Nothing else that is ever signed with this key begins so. */
export const signedBytes = (body: Uint8Array): Uint8Array => Buffer.concat([prefix, body])
