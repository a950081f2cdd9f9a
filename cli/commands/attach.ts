/** `mctl attach`: the main process of a sandbox, its streams ours until either leaves. */
import type { Run } from "../command.ts"
import { objectPath, withQuery } from "../path.ts"
import { namespaceOf } from "../program.ts"
import { canHaveTerminal, converse } from "../remote-process.ts"
import { sandboxOf } from "../sandbox-name.ts"

export const runAttach: Run = async (args, program) => {
  const { resource, name } = sandboxOf(args.operands, "attach")
  const stdin = args.flag("stdin")
  const tty = args.flag("tty") && canHaveTerminal(program, stdin)
  const cluster = await program.connect(args)
  const path = withQuery(`${objectPath(resource, namespaceOf(args, cluster), name)}/attach`, {
    container: args.text("container"),
    stdin,
    stdout: true,
    stderr: !tty,
    tty,
  })
  return await converse(program, await cluster.openChannel(path), { stdin, tty })
}
