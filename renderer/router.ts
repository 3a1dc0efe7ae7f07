import { createRouter, createWebHashHistory } from 'vue-router'
import { useProject } from './stores/project.ts'

/** Addresses stand behind the #, so that they are the same on both hosts and photo addresses stay relative to the page. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'welcome', component: () => import('./views/welcome/WelcomeView.vue') },
    {
      path: '/photos',
      name: 'photos',
      component: () => import('./views/photos/PhotosView.vue'),
      meta: { project: true },
    },
    {
      path: '/augment',
      name: 'augment',
      component: () => import('./views/augment/AugmentView.vue'),
      meta: { project: true },
    },
    { path: '/train', name: 'train', component: () => import('./views/train/TrainView.vue'), meta: { project: true } },
    { path: '/runs', name: 'runs', component: () => import('./views/runs/RunsView.vue'), meta: { project: true } },
    {
      path: '/studies',
      name: 'studies',
      component: () => import('./views/studies/StudiesView.vue'),
      meta: { project: true },
    },
    {
      path: '/review',
      name: 'review',
      component: () => import('./views/review/ReviewView.vue'),
      meta: { project: true },
    },
    { path: '/field', name: 'field', component: () => import('./views/field/FieldView.vue'), meta: { project: true } },
    { path: '/settings', name: 'settings', component: () => import('./views/settings/SettingsView.vue') },
    { path: '/:elsewhere(.*)', redirect: { name: 'welcome' } },
  ],
})

router.beforeEach((to) => {
  const { project, known } = useProject()
  return to.meta.project === true && known && !project ? { name: 'welcome' } : true
})

/** Fetches the code of the other screens while nothing else is to be done, so that each opens at once. */
export function fetchScreens(): void {
  for (const { components } of router.getRoutes()) {
    const screen = components?.['default']
    if (typeof screen !== 'function') continue
    // One that cannot be fetched now is fetched when it is opened, and what is wrong is said then.
    requestIdleCallback(() => void (screen as () => Promise<unknown>)().catch(() => undefined))
  }
}
