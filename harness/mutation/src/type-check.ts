import { join } from 'node:path'
import ts from 'typescript'

/** Finds out whether the compiler refuses a file with another text. */
export interface TypeCheck {
  /** @param path from the root; one of the files that the check was made for. */
  refuses(path: string, text: string): boolean
}

/**
 * Checks only the file that is changed, not the files that use it, because that takes a second and not a minute. So some
 * mutants that `pnpm typecheck` would refuse get as far as the tests.
 */
export function typeCheck(root: string, files: readonly string[]): TypeCheck {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  )
  if (config === undefined) throw new Error(`There is no tsconfig.json in ${root}.`)
  // What is dropped was often the only use of something. The tests are to notice that it is gone, not the compiler.
  const options = { ...config.options, noUnusedLocals: false, noUnusedParameters: false }
  const paths = files.map((file) => join(root, file))
  let changed: { readonly path: string; readonly text: string } | undefined
  let version = 0
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => paths,
    getScriptVersion: (path) => (path === changed?.path ? `changed ${version}` : 'as it is'),
    getScriptSnapshot(path) {
      const text = path === changed?.path ? changed.text : ts.sys.readFile(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    ...(ts.sys.realpath === undefined ? {} : { realpath: ts.sys.realpath }),
  })

  const errorsIn = (path: string): number => service.getSemanticDiagnostics(path).length

  return {
    refuses(file, text) {
      const path = join(root, file)
      changed = undefined
      const before = errorsIn(path)
      version += 1
      changed = { path, text }
      const after = errorsIn(path)
      changed = undefined
      return after > before
    },
  }
}

function fail({ messageText }: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
}
