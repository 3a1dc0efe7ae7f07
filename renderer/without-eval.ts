/** zod would try whether code may be made from text, which the page's security policy forbids and the console reports. */
import { config } from 'zod'

config({ jitless: true })
