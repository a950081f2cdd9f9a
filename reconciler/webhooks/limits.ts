/** Bounds of what a server may send, and times of the certificates. */
import { Duration } from "effect"

/** An admission review has an object of up to 3 MiB twice, as JSON. */
export const maxReviewBytes = 16 * 1024 * 1024
/** A conversion review has a batch of objects: a whole list, from some servers. */
export const maxConversionBytes = 256 * 1024 * 1024
export const maxHeaderBytes = 16 * 1024
/** How long a handler may take where the server does not say, and at most. */
export const defaultTimeoutMs = 10_000
export const maxTimeoutMs = 30_000
export const maxConnections = 256

/** How long an authority and a serving certificate are good; each is replaced when two thirds of that are over. */
export const authorityLifetime = Duration.days(365)
export const certificateLifetime = Duration.days(30)
/** Certificates begin this long ago: clocks differ. */
export const backdate = Duration.hours(1)
/** How long servers may take to see a new authority before it signs what is served. */
export const authoritySettle = Duration.minutes(10)
/** How often certificates and configurations are looked at. */
export const checkInterval = Duration.minutes(1)
