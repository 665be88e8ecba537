/** @typedef {{ readonly pattern: RegExp, readonly what: string }} Rule */

/**
 * Starts of paths that exist on one machine only. What stands before keeps URLs and relative paths out. The slashes are
 * written as classes, so that this file passes its own check.
 */
const machinePath = /(?<![\w.@~/-])[/](?:work|root|home[/][\w-]+|Users[/][\w-]+)[/]|(?<!\w)[A-Z]:[\\]+Users[\\]/

/** @type {readonly Rule[]} */
const everywhere = [
  { pattern: machinePath, what: 'a path of one machine' },
  {
    pattern: /\b(?:registry[.](?:[\w-]+[.])+[a-z]+|npm[.]pkg[.]github[.]com|[\w.-]*artifactory[\w.-]*[.][a-z]+[/])/i,
    what: 'the address of a package registry',
  },
  { pattern: /(?:_auth|_authToken|_password)\s*=|^\s*(?:@[\w-]+:)?registry\s*=/, what: 'a registry setting' },
]

/** @type {Rule} */
const resolvedTarball = {
  pattern: /\btarball:/,
  what: 'the address of a tarball; install again with a lockfile without it',
}

/**
 * Finds what ties a committed text to one machine or one registry.
 *
 * @param {string} path from the root of the repository
 * @param {string} text
 * @param {readonly Rule[]} [more] what only this machine knows about itself
 * @returns {string[]} one line for each finding
 */
export function findLocal(path, text, more = []) {
  const rules = [...everywhere, ...more, ...(path.endsWith('pnpm-lock.yaml') ? [resolvedTarball] : [])]
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ what }) => `${path}:${index + 1}: ${what}: ${line.trim().slice(0, 160)}`),
    )
}
