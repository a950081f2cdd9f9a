/** Before any e2e file: the clients are fetched while there is a network; the tests themselves have none. */
import { clientsFolder } from "./clients.ts"
import { kubectlPath, oldKubectlPath } from "./kubectl.ts"

export const setup = (): void => {
  kubectlPath()
  oldKubectlPath()
  clientsFolder()
}
