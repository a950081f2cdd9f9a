/** Every bound of this folder, in one place. */

/** Events held for a subscriber that does not read; past it the subscriber gets one `resync` instead. */
export const EVENTS_BUFFERED_MAX = 1024
/** Calls that a fake world remembers for assertions. */
export const FAKE_CALLS_MAX = 10_000
/** Lines that a fake sandbox keeps. */
export const FAKE_LOG_LINES_MAX = 10_000
/** Output of an attached process held for a caller that does not read. */
export const ATTACHED_BYTES_MAX = 256 * 1024
