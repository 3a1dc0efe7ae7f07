// Before anything that defines a schema.
import './without-eval.ts'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { connect, errorValue } from './fleuron.ts'
import { fetchScreens, router } from './router.ts'
import { useConnection } from './stores/connection.ts'
import { usePhotos } from './stores/photos.ts'
import { useProject } from './stores/project.ts'
import { useSettings } from './stores/settings.ts'
import { useTasks } from './stores/tasks.ts'
import { useToasts } from './stores/toasts.ts'
import './styles/index.css'

const app = createApp(App)
app.use(createPinia())
connect(useConnection().changed)

// A fault of ours is shown, not swallowed.
const toasts = useToasts()
app.config.errorHandler = (error) => toasts.failed(errorValue(error))
window.addEventListener('unhandledrejection', (event) => toasts.failed(errorValue(event.reason)))

// A file that is dropped beside the places that take one would replace the application.
for (const type of ['dragover', 'drop'] as const)
  window.addEventListener(type, (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault())

usePhotos().start()
void useSettings().start()
void useTasks().start()
// An address within a project leads there only if a project is open, so that is asked first.
await useProject().start()
app.use(router)
app.mount('#app')
void router.isReady().then(fetchScreens)
