const prefix = Buffer.from('perun-watcher receipt v1\n')

/** Domain separation: nothing else that is signed with this key starts with these bytes. */
export const signedBytes = (body: Uint8Array): Uint8Array => Buffer.concat([prefix, body])
