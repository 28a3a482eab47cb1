# The two commands a newcomer needs are `make demo` and `make test`. Both install what they need: npm packages
# into node_modules, and, when run as root on Debian, missing Debian packages.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
NODE_MODULES := node_modules/.package-lock.json
BUNDLE = ./node_modules/.bin/esbuild --bundle --platform=node --format=esm --packages=external --log-level=warning

.PHONY: demo test bench lint format schema ucode page stage ipk clean

demo: build/requirements.mjs build/demo.mjs page
	@node build/requirements.mjs demo
	@node build/demo.mjs

test: build/requirements.mjs build/test.mjs build/in_namespace.mjs page
	@node build/requirements.mjs test
	@node build/test.mjs

bench: build/requirements.mjs build/bench.mjs page
	@node build/requirements.mjs demo
	@node build/bench.mjs $(BENCH)

lint: $(NODE_MODULES)
	npx tsc --noEmit
	npx biome check .

format: $(NODE_MODULES)
	npx biome check --write .

# The validator's tables, from the zod schema.
schema: build/generate.mjs
	node build/generate.mjs rpcd/src/config/schema.gen.ts
	npx biome format --write rpcd/src/config/schema.gen.ts

# What is installed on the router: the backend as ucode, and the page. build/ucode.places tells what stands on which line.
ucode: build/compiler.mjs
	rm -rf build/ucode
	node build/compiler.mjs --root . --out build/ucode --join --places build/ucode.places \
		--ambient rpcd/platform/ucode/native.d.ts \
		--program rpcd/platform/ucode/linkaggd.ts=usr/sbin/linkaggd \
		--plugin rpcd/platform/ucode/plugin.ts=usr/share/rpcd/ucode/linkagg

page: $(NODE_MODULES)
	npx vite build --config frontend/vite.config.ts --logLevel warn

stage: ucode page build/package.mjs
	node build/package.mjs stage

ipk: ucode page build/package.mjs
	node build/package.mjs ipk

clean:
	rm -rf build

$(NODE_MODULES): package-lock.json
	@command -v node >/dev/null || { echo 'Node.js 20 or newer is needed: https://nodejs.org, or apt-get install nodejs npm' >&2; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

# Programs of ours, bundled so that Node can run them. Always rebuilt: it takes less time than asking.
.PHONY: FORCE
build/requirements.mjs: e2e/requirements.ts
build/demo.mjs: e2e/demo.ts
build/test.mjs: .ci/test.ts
build/bench.mjs: e2e/bench/bench.ts
build/in_namespace.mjs: e2e/in_namespace.ts
build/compiler.mjs: rpcd/compiler/cli.ts
build/package.mjs: luci-app-linkagg/build.ts
build/generate.mjs: frontend/schema/generate.ts
build/%.mjs: FORCE $(NODE_MODULES)
	@$(BUNDLE) $(filter %.ts,$^) --outfile=$@
