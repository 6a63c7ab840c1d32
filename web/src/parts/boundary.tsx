import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';

interface Fault {
  error: Error | undefined;
}

/** Keeps a fault of one view from taking the others along; also shown when a newer client has replaced this one. */
export class Boundary extends Component<{ children: ReactNode }, Fault> {
  override state: Fault = { error: undefined };

  static getDerivedStateFromError(error: unknown): Fault {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const replaced = /dynamically imported module|preload/i.test(error.message);
    return (
      <div className="empty" role="alert">
        <p>
          <strong>{replaced ? 'The platform has been updated.' : 'This view has failed.'}</strong>{' '}
          {replaced ? 'Load the page anew to go on with the new client; nothing is lost.' : error.message}
        </p>
        <p className="choices">
          {!replaced && (
            <Button variant="default" onClick={() => this.setState({ error: undefined })}>
              Try again
            </Button>
          )}
          <Button variant={replaced ? 'filled' : 'subtle'} onClick={() => window.location.reload()}>
            Load the page anew
          </Button>
        </p>
      </div>
    );
  }
}
