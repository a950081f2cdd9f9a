/** A machine that is the same wherever the simulation runs. */
export const machineFacts = (hostname: string) => ({
  hostname,
  architecture: "amd64",
  operatingSystem: "linux",
  cores: 8,
  memoryBytes: 16 * 2 ** 30,
  kernelVersion: "6.1.0",
  osImage: "Debian GNU/Linux 12",
  machineID: "0123456789abcdef0123456789abcdef",
  systemUUID: "00000000-0000-4000-8000-000000000001",
  bootID: "00000000-0000-4000-8000-000000000002",
})
