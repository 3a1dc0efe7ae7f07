import { startDesktop } from './host/desktop/start.ts'

startDesktop()
