/** `mctl exec`: a command in a sandbox, its streams and its exit code ours. */
import type { Run } from "../command.ts"
import { CliFailure } from "../failure.ts"
import { objectPath, withQuery } from "../path.ts"
import { namespaceOf } from "../program.ts"
import { canHaveTerminal, converse } from "../remote-process.ts"
import { sandboxOf } from "../sandbox-name.ts"

export const runExec: Run = async (args, program) => {
  const command = args.rest ?? []
  if (command.length === 0)
    throw new CliFailure("Usage", "exec runs what? `mctl exec NAME -- COMMAND [ARGUMENT...]`")
  const { resource, name } = sandboxOf(args.operands, "exec")
  const stdin = args.flag("stdin")
  const tty = args.flag("tty") && canHaveTerminal(program, stdin)
  const cluster = await program.connect(args)
  const path = withQuery(`${objectPath(resource, namespaceOf(args, cluster), name)}/exec`, {
    command,
    container: args.text("container"),
    stdin,
    stdout: true,
    stderr: !tty,
    tty,
  })
  return await converse(program, await cluster.openChannel(path), { stdin, tty })
}
