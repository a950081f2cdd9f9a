/** Before any e2e file: kubectl is fetched while there is a network; the tests themselves have none. */
import { kubectlPath } from "./kubectl.ts"

export const setup = (): void => {
  kubectlPath()
}
