/** The scheme under which the window sees the application; it leads nowhere but to our own handler. */
export const scheme = 'fleuron'
export const windowAddress = `${scheme}://app/`

export const isOwnAddress = (address: string | undefined): boolean => address?.startsWith(windowAddress) ?? false
