/** The shell: title, tabs, theme, what went wrong, the view that is open, and the bar that trains above views of training. */
import { Choice } from './controls/choice.js';
import { later } from './later.js';
import { Share } from './share/index.js';
import { forget, keep, lab, session, told } from './store.js';
import { type ThemeChoice, themeChoice } from './theme.js';
import { Transport } from './transport.js';
import { touring } from './views/lessons/touring.js';
import { views } from './views.js';

const LessonDock = later(() => import('./views/lessons/dock.js').then((m) => m.LessonDock));

export function App({ link }: { link: (view: (typeof views)[number]['id']) => string }) {
  const view = views.find((v) => v.id === lab.value.view) ?? views[0];
  const Body = view.component;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('view')?.focus()}>
        Skip to the view
      </button>
      <header class="top">
        <div class="top-row">
          <h1>thermograd lab</h1>
          <nav aria-label="Views">
            <ul>
              {views.map((v) => (
                <li key={v.id}>
                  <a
                    href={link(v.id)}
                    aria-current={v === view ? 'page' : undefined}
                    onClick={(e) => {
                      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
                      e.preventDefault();
                      keep({ view: v.id });
                    }}
                  >
                    {v.title}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div class="top-tools">
            <Share />
            <ThemeSwitch />
          </div>
        </div>
      </header>
      <main id="view" tabIndex={-1}>
        <div class="view-head">
          <h2>{view.title}</h2>
          <p>{view.says}</p>
        </div>
        <ToldList />
        {view.trains && <Transport />}
        <Body key={view.id} />
      </main>
      <footer>
        <p>
          Everything is computed in this browser; nothing is sent anywhere.
          {session.value &&
            ` Kernel build ${session.value.kernel}: the same link gives the same numbers wherever this build runs.`}
        </p>
      </footer>
      {touring.value && <LessonDock />}
    </>
  );
}

function ThemeSwitch() {
  return (
    <Choice<ThemeChoice>
      label="Colours"
      value={themeChoice.value}
      options={[
        { value: 'system', label: 'System' },
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
      ]}
      onChange={(choice) => {
        themeChoice.value = choice;
      }}
    />
  );
}

function ToldList() {
  return (
    <div role="status">
      {told.value.map((t) => (
        <div key={t.sentence} class={t.kind === 'mild' ? 'told mild' : 'told'}>
          <p>{t.sentence}</p>
          <button type="button" onClick={() => forget(t)}>
            Close
          </button>
        </div>
      ))}
    </div>
  );
}
