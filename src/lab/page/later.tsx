/** A view whose code is loaded when it is opened for the first time, so that the first visit loads little. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Returns a component that loads another one and then is that. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Later() {
    const [shown, show] = useState<{ readonly view?: ComponentType; readonly failed?: boolean }>(
      loaded ? { view: loaded } : {},
    );
    useEffect(() => {
      if (loaded) return;
      load().then(
        (view) => {
          loaded = view;
          show({ view });
        },
        () => show({ failed: true }),
      );
    }, []);
    if (shown.view) return <shown.view />;
    return (
      <p class="waiting" role="status">
        {shown.failed ? 'The code of this view could not be loaded; load the page again.' : 'Loading …'}
      </p>
    );
  };
}
