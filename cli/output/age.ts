/** How long ago, as people say it: `5s`, `3m12s`, `4h`, `12d`. The two largest units, the second only where it matters. */
export const formatAge = (time: string, nowMs: number): string => {
  const then = Date.parse(time)
  if (Number.isNaN(then)) return "<unknown>"
  const seconds = Math.max(0, Math.floor((nowMs - then) / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`
  if (days < 730) return `${days}d`
  return `${Math.floor(days / 365)}y`
}
