import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What users can import and read types of.
 *
 * @typedef {object} EntryPoint
 * @property {string} name as in an import
 * @property {string} directory of its package
 * @property {string} types the file with its declarations
 * @property {string} report the file with its report
 */

/**
 * @param {readonly { readonly name: string, readonly directory: string }[]} packages
 * @returns {EntryPoint[]}
 */
export function entryPointsOf(packages) {
  return packages.flatMap(({ name, directory }) => {
    /** @type {{ exports?: Record<string, { types?: string } | string> }} */
    const { exports = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return Object.entries(exports).flatMap(([path, target]) => {
      if (typeof target === 'string' || target.types === undefined) return []
      const part = path.replace(/^\.\/?/, '')
      return {
        name: part === '' ? name : `${name}/${part}`,
        directory,
        types: join(directory, target.types),
        report: join(directory, 'api', `${part === '' ? 'index' : part.replaceAll('/', '-')}.api.md`),
      }
    })
  })
}

/**
 * @param {readonly EntryPoint[]} entryPoints
 * @returns {string[]} one line for each that was not built
 */
export function unbuilt(entryPoints) {
  return entryPoints.filter(({ types }) => !existsSync(types)).map(({ name }) => `${name} is not built: run pnpm build`)
}
