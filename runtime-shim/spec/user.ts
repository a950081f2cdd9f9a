/** Who a container's process runs as, from the `USER` of its image. Pure but for the files it is given. */

export interface User {
  readonly uid: number
  readonly gid: number
}

const ID_MAX = 2 ** 32 - 2

const numeric = (text: string): number | undefined => {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return value <= ID_MAX ? value : undefined
}

const rows = (file: string | undefined): ReadonlyArray<ReadonlyArray<string>> =>
  (file ?? "").split("\n").map((line) => line.split(":"))

/**
 * Resolves `name`, `uid`, `name:group` or `uid:gid` with the image's own /etc/passwd and /etc/group.
 * Undefined when a name is in neither.
 */
export const resolveUser = (
  text: string,
  read: (path: "etc/passwd" | "etc/group") => string | undefined,
): User | undefined => {
  if (text === "") return { uid: 0, gid: 0 }
  const [userPart = "", groupPart] = text.split(":", 2)
  const uidGiven = numeric(userPart)
  const row = rows(read("etc/passwd")).find(([name, , id]) =>
    uidGiven === undefined ? name === userPart : id === userPart,
  )
  const uid = uidGiven ?? numeric(row?.[2] ?? "")
  if (uid === undefined) return undefined
  if (groupPart === undefined || groupPart === "") return { uid, gid: numeric(row?.[3] ?? "") ?? 0 }
  const gid =
    numeric(groupPart) ?? numeric(rows(read("etc/group")).find(([name]) => name === groupPart)?.[2] ?? "")
  return gid === undefined ? undefined : { uid, gid }
}
