"""What many tweets are about, found in their words (`tweetpulse topics`)."""
