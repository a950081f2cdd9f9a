/**
 * Clients of others that the e2e tests run unmodified, beside kubectl: pinned in `clients/package.json` with its lock, installed
 * once by `npm ci` into `.cache/`, in a folder that is named after the lock. No script of a package is run.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs"
import { join, resolve } from "node:path"

const wanted = join(import.meta.dirname, "clients")
const cache = resolve(import.meta.dirname, "..", "..", ".cache")

const folderName = (): string => {
  const lock = readFileSync(join(wanted, "package-lock.json"))
  return `clients-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`
}

/** The folder whose `node_modules` has them. */
export const clientsFolder = (): string => {
  const folder = join(cache, folderName())
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, "clients-fetch-"))
  try {
    for (const name of ["package.json", "package-lock.json"])
      copyFileSync(join(wanted, name), join(work, name))
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    execFileSync("npm", args, { cwd: work, stdio: "pipe", timeout: 300_000 })
    // The ordinary world's user is to read it too.
    chmodSync(work, 0o755)
    // Another run may have been quicker.
    if (!existsSync(folder)) renameSync(work, folder)
    return folder
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A program that one of them brings. */
export const clientProgram = (name: string): string => join(clientsFolder(), "node_modules", ".bin", name)
