/**
 * The arrows of the house (docs/architecture.md). Each room imports only the rooms before it in `order`;
 * the renderer and the main process meet in `shared/` alone.
 */
const order = [
  'electron/engine',
  'electron/project',
  'electron/dataset',
  'electron/augment',
  'electron/evaluate',
  'electron/report',
  'electron/train',
  'electron/field',
  'electron/tracking',
  'electron/serve',
  'electron/api',
  'electron/host',
]
// dataset and augment stand side by side, as do field, tracking and serve.
const neighbours = {
  'electron/dataset': ['electron/augment'],
  'electron/field': ['electron/tracking', 'electron/serve'],
  'electron/tracking': ['electron/field', 'electron/serve'],
  'electron/serve': ['electron/field', 'electron/tracking'],
}

const forbidden = order.map((room, index) => ({
  name: `${room.slice('electron/'.length)}-imports-only-rooms-before-it`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: {
    path: [...order.slice(index + 1), ...(neighbours[room] ?? [])]
      .map((later) => `^${later}/`)
      .concat('^renderer/', '^tests/', '^bench/'),
  },
}))

module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: 'engine-stands-alone',
      severity: 'error',
      from: { path: '^electron/engine/' },
      to: { path: '^(shared|renderer|electron/(?!engine/))' },
    },
    {
      name: 'graph-is-the-ground',
      severity: 'error',
      from: { path: '^electron/engine/graph/' },
      to: { path: '^electron/engine/(models|optim|weights|runtime)/' },
    },
    {
      name: 'engine-runtime-models-optim-on-graph-only',
      severity: 'error',
      from: { path: '^electron/engine/(runtime|optim)/' },
      to: { path: '^electron/engine/(models|weights)/' },
    },
    {
      name: 'engine-entered-by-its-index',
      severity: 'error',
      from: { path: '^(electron/(?!engine/)|bench/|tests/)' },
      to: { path: '^electron/engine/(?!(index|random/index|testing)\\.ts$)' },
    },
    {
      name: 'renderer-knows-shared-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(electron|tests|bench|scripts)/' },
    },
    {
      name: 'shared-knows-nobody',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(electron|renderer|tests|bench|scripts)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'onnxruntime-behind-the-engine',
      severity: 'error',
      from: { pathNot: '^electron/engine/runtime/|^bench/|\\.test\\.ts$' },
      to: { path: 'node_modules/onnxruntime-node' },
    },
    {
      name: 'electron-behind-the-desktop-host',
      severity: 'error',
      from: { pathNot: '^electron/(host/desktop|main|preload)' },
      to: { path: 'node_modules/electron/' },
    },
    {
      name: 'production-code-imports-no-tests',
      severity: 'error',
      from: { pathNot: '(^tests/|^bench/|\\.test\\.ts$|testing\\.ts$)' },
      to: { path: '(^tests/|\\.test\\.ts$|testing\\.ts$)' },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(virtual:|node:)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.vue', '.json'],
    },
  },
}
