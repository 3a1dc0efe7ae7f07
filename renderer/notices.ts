/** Notices of the system: the same on both hosts, a browser asks the user first. */

/** Whether notices may be shown; 'default': the user was not asked yet. */
export const noticePermission = (): NotificationPermission =>
  'Notification' in window ? Notification.permission : 'denied'

/** Asks the user, who must just have pressed something, unless that was done before. */
export async function askForNotices(): Promise<NotificationPermission> {
  return noticePermission() === 'default' ? Notification.requestPermission() : noticePermission()
}

/** Shows a notice unless the user is looking at the window. */
export function showNotice(title: string, body: string, pressed: () => void): void {
  if ((!document.hidden && document.hasFocus()) || noticePermission() !== 'granted') return
  const notice = new Notification(title, { body })
  notice.addEventListener('click', () => {
    window.focus()
    pressed()
    notice.close()
  })
}
