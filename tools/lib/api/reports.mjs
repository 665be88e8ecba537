import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { root } from '../root.mjs'

const silent = { default: { logLevel: ExtractorLogLevel.None } }

/** Remarks of API Extractor about comments: whether something is documented is no part of the API. */
const remark = /^[ \t]*\/\/ (?:@\w+|\(undocumented\)|\(No @packageDocumentation).*\n/gm

/**
 * The report of each entry point: every export with its signature, and what the signatures refer to, in alphabetical
 * order. One compiler reads all of them, which takes a few seconds; one for each would take a minute.
 *
 * @param {readonly import('./entry-points.mjs').EntryPoint[]} entryPoints
 * @returns {Map<import('./entry-points.mjs').EntryPoint, string>}
 */
export function apiReports(entryPoints) {
  const folder = mkdtempSync(join(tmpdir(), 'perun-watcher-api-'))
  try {
    const configs = entryPoints.map((entryPoint) => ({ entryPoint, config: configFor(entryPoint, folder) }))
    const [first] = configs
    if (first === undefined) return new Map()
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: entryPoints.map(({ types }) => types),
    })
    return new Map(
      configs.map(({ entryPoint, config }) => {
        Extractor.invoke(config, {
          compilerState,
          localBuild: true,
          messageCallback(message) {
            message.handled = true
          },
        })
        return [entryPoint, page(entryPoint.name, readFileSync(config.reportFilePath, 'utf8'))]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {import('./entry-points.mjs').EntryPoint} entryPoint
 * @param {string} folder for files of this run
 */
function configFor({ directory, types, report }, folder) {
  const reportFolder = join(folder, basename(directory))
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: directory,
      mainEntryPointFilePath: types,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023', 'ESNext.Disposable'],
            module: 'ESNext',
            moduleResolution: 'Bundler',
            types: ['node'],
            typeRoots: [join(root, 'node_modules/@types')],
            strict: true,
            skipLibCheck: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: basename(report),
        reportFolder,
        reportTempFolder: join(reportFolder, 'temp'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(directory, 'package.json'),
  })
}

/**
 * @param {string} name
 * @param {string} report of API Extractor
 */
function page(name, report) {
  const [, code = ''] = /^```ts\n([\s\S]*)^```$/m.exec(report) ?? []
  return `# API of \`${name}\`

<!-- Written by \`pnpm api:write\` from the built types. \`pnpm test\` fails where they differ. -->

\`\`\`ts
${code.replace(remark, '').trim()}
\`\`\`
`
}
