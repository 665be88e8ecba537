/**
 * `pnpm api:check`: compares what each public package exports with the reports that are committed in its folder `api`, so
 * that nothing becomes public, changes or goes away unnoticed. `pnpm api:write` writes the reports. Both want a build.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { compareReports } from './lib/api/compare.mjs'
import { entryPointsOf, unbuilt } from './lib/api/entry-points.mjs'
import { apiReports } from './lib/api/reports.mjs'
import { publicPackages } from './lib/packages.mjs'
import { report } from './lib/report.mjs'
import { root } from './lib/root.mjs'

const packages = publicPackages()
/** What only our own packages share is no promise to anybody. */
const entryPoints = entryPointsOf(packages).filter(({ name }) => !name.endsWith('/internal'))
const missing = unbuilt(entryPoints)

/** Reports of entry points that are gone. */
const left = packages
  .map(({ directory }) => join(directory, 'api'))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .filter((file) => !entryPoints.some((entryPoint) => entryPoint.report === file))

if (missing.length > 0) {
  report(missing)
} else if (process.argv.includes('--write')) {
  for (const file of left) rmSync(file)
  for (const [entryPoint, text] of apiReports(entryPoints)) {
    mkdirSync(dirname(entryPoint.report), { recursive: true })
    writeFileSync(entryPoint.report, text)
  }
} else {
  const differences = [...apiReports(entryPoints)].flatMap(([entryPoint, text]) => {
    const committed = existsSync(entryPoint.report) ? readFileSync(entryPoint.report, 'utf8') : undefined
    return compareReports(entryPoint.name, committed, text)
  })
  const problems = [...differences, ...left.map((file) => `${relative(root, file)} is of no entry point`)]
  const remedy = 'If that is meant: pnpm api:write, and a changeset that says so (pnpm changeset).'
  report(problems.length > 0 ? [...problems, remedy] : [])
}
