import { join } from 'node:path'
import ts from 'typescript'

/** Modules that a reader writes: `./my-store.js`. What they export is anything. */
const readersOwnModule = /'\.\.?\//

const cannotFindModule = 2307

/**
 * What does not compile of the TypeScript in documents. Each block is compiled as if it were a file in the folder of its
 * document, with the strict options of this repository.
 *
 * @param {readonly import('./markdown.mjs').MarkdownDocument[]} documents
 * @param {object} options
 * @param {string} options.root
 * @param {Readonly<Record<string, string[]>>} options.paths where the types of our packages are
 * @returns {string[]} one line for each error
 */
export function checkSnippets(documents, { root, paths }) {
  /** @type {Map<string, { readonly path: string, readonly text: string }>} */
  const snippets = new Map()
  for (const { path, blocks } of documents) {
    for (const { language, text, line } of blocks) {
      if (!/^(?:ts|mts|typescript)$/.test(language)) continue
      // Empty lines above, so that the lines of errors are those of the document.
      const source = `${'\n'.repeat(line - 1)}${text}\nexport {}\n`
      snippets.set(join(root, `${path}.${line}.ts`), { path, text: source })
    }
  }
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram(
    [...snippets.keys()],
    // Examples define what their readers use.
    { ...options, paths, declaration: false, noUnusedLocals: false, noUnusedParameters: false },
    hostWith(snippets, options),
  )
  return [...snippets].flatMap(([file, { path }]) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .filter(({ code, messageText }) => code !== cannotFindModule || !readersOwnModule.test(String(messageText)))
      .map((diagnostic) => {
        const line = (diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0) + 1
        return `${path}:${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`
      }),
  )
}

/**
 * @param {ReadonlyMap<string, { readonly text: string }>} files that are not on the disk
 * @param {ts.CompilerOptions} options
 * @returns {ts.CompilerHost}
 */
function hostWith(files, options) {
  const host = ts.createCompilerHost(options)
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path)?.text ?? host.readFile(path),
    getSourceFile(path, version, ...rest) {
      const file = files.get(path)
      return file === undefined
        ? host.getSourceFile(path, version, ...rest)
        : ts.createSourceFile(path, file.text, version, true)
    },
  }
}
