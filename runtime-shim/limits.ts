/** Every bound of this folder, in one place. */

/** Events held for a subscriber that does not read; past it the subscriber gets one `resync` instead. */
export const EVENTS_BUFFERED_MAX = 1024
/** Calls that a fake world remembers for assertions. */
export const FAKE_CALLS_MAX = 10_000
/** Lines that a fake sandbox keeps. */
export const FAKE_LOG_LINES_MAX = 10_000
/** Output of an attached process held for a caller that does not read. */
export const ATTACHED_BYTES_MAX = 256 * 1024
/** A unary call to containerd that names no deadline of its own. */
export const CALL_DEADLINE_MS = 10_000
/** Making or starting a task: the shim, runsc and the sandbox come up in it. */
export const TASK_DEADLINE_MS = 60_000
/** Applying one layer to a snapshot. */
export const UNPACK_DEADLINE_MS = 300_000
/** containerd's own bound. */
export const GRPC_MESSAGE_BYTES_MAX = 16 * 1024 * 1024
export const RECONNECT_BACKOFF_MS_MIN = 50
export const RECONNECT_BACKOFF_MS_MAX = 1_000
/** A program of the machine that names no deadline of its own. */
export const COMMAND_DEADLINE_MS = 20_000
export const COMMAND_OUTPUT_BYTES_MAX = 1024 * 1024
/** A managed containerd answers within this after its start, or is given up. */
export const CONTAINERD_READY_MS = 20_000
/** A managed containerd is killed when SIGTERM has not ended it within this. */
export const CONTAINERD_STOP_MS = 10_000
/** A managed containerd's log is begun anew at its start when it is longer. */
export const CONTAINERD_LOG_BYTES_MAX = 8 * 1024 * 1024
/** Entries of an image archive. */
export const TAR_ENTRIES_MAX = 100_000
/** A pax or GNU long-name header of an image archive. */
export const TAR_EXTENDED_HEADER_BYTES_MAX = 1024 * 1024
/** A manifest, index or config document of an image: what registries accept at most. */
export const IMAGE_DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
export const IMAGE_LAYERS_MAX = 512
export const INDEX_MANIFESTS_MAX = 1_000
/** One write to the content store. */
export const CONTENT_CHUNK_BYTES = 1024 * 1024
/** Images whose parsed documents are kept in memory. */
export const IMAGE_CACHE_MAX = 256
/** A containerd lease under which an image is stored ends by itself after this. */
export const LEASE_MS = 3_600_000
/** One call of one CNI plugin. */
export const CNI_DEADLINE_MS = 20_000
/** The lowest pids limit that a gVisor sandbox works under. */
export const GVISOR_PIDS_MIN = 150
/** One start of a gVisor sandbox while its platform is probed: what hangs is given up. */
export const PROBE_DEADLINE_MS = 10_000
/** /etc/passwd and /etc/group of an image. */
export const IMAGE_FILE_BYTES_MAX = 1024 * 1024
/** A task has ended within this after SIGKILL, or something is wrong. */
export const KILL_DEADLINE_MS = 15_000
/** One step of a removal. */
export const REMOVE_DEADLINE_MS = 5_000
export const REMOVE_TASK_TRIES = 4
/** A sandbox's current log; as much again is kept of what was before it. */
export const LOG_BYTES_MAX = 16 * 1024 * 1024
/** Times of a log are noted at most this often. */
export const LOG_TIME_STEP_MS = 20
/** A line longer than this is cut in two when lines are told apart. */
export const LOG_LINE_BYTES_MAX = 256 * 1024
export const LOG_CHUNK_BYTES = 64 * 1024
/** How often a followed log is looked at. */
export const LOG_POLL_MS = 50
/** One Wait for an attached process; asked again after it. */
export const WAIT_DEADLINE_MS = 3_600_000
/** Output of an attached process that comes later than this after its end is not waited for. */
export const EXEC_DRAIN_MS = 2_000
/** A manifest or a config comes from a registry within this. */
export const PULL_DOCUMENT_DEADLINE_MS = 60_000
export const TOKEN_BYTES_MAX = 256 * 1024
/** A subscription to containerd's events is surely in place this long after it was asked for. */
export const RESYNC_DELAY_MS = 250
/** Open files of one process in a sandbox, where the daemon itself may have as many. */
export const OPEN_FILES_MAX = 1_048_576

/** A port of a sandbox that has not answered by then does not. */
export const DIAL_TIMEOUT_MS = 10_000
